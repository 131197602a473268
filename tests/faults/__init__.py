"""Every run cut off at every request, and healed with one plain command."""
