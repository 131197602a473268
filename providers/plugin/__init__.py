"""Pulumi's plugin process: what the engine hands over, and what one process shares."""
