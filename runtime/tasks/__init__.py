"""What can be learned: for each task how its answers are compared with the truth, measured and shown."""
