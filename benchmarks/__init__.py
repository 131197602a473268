"""Figures: requests first, time second, always against one request per hostname in the same run."""
