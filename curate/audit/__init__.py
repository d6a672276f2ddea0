"""What a run does about personal data: how much it finds of what is planted, and what it found."""
