"""The verbs of `python -m operations`, each in the file of its name (`import` in import_zone)."""
