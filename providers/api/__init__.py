"""Cloudflare's API as it answers: requests, credentials, quota, errors, lists."""
