"""Networks that come from elsewhere: read, checked, and never executed."""
