"""What several resources share between their creation and their deletion."""
