"""`pulumi preview --json` understood: JSON becomes a model, without a screen and a request.

Everything comes from the preview's file; the time is an argument.
"""
