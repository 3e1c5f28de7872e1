"""The picture that each unit likes least."""
