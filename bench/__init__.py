"""Quality and speed, measured against the truth and against peers; one command each."""
