"""What each unit ignores."""
