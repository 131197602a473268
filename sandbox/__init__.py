"""A small Cloudflare on loopback: the Authenticated Origin Pulls API, for tests and first steps.

It shares no code with the resources it is used to test: an oracle built from the same models
would agree with their mistakes. See README.md beside this file.
"""

VERSION = "1.0.0"
API_PREFIX = "/client/v4"
