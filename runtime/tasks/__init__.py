"""Tasks: what scores mean, and how good they are; one file each."""
