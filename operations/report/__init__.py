"""`pulumi preview --json` for people: JSON to a model, the model to Markdown, HTML or JSON.

Pure, and without credentials: everything comes from the preview's file, the time is an argument.
"""
