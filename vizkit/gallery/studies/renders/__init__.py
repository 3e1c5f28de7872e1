"""The picture that each unit likes best."""
