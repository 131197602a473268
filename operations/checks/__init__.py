"""What `preflight` looks at, one file for each subject."""
