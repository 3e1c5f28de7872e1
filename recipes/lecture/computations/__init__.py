"""What the lecture computes besides what vizkit does."""
