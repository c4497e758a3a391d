"""What attacks the course; README.md tells the story."""
