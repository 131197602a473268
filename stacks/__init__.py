"""What each environment wants: one program and one configuration file for each."""
