"""What people and pipelines run around `pulumi up`: `python -m operations VERB`."""
