"""What users hold, and how a call goes from there to a provider."""
