"""Methods of attribution, a file each, by captum's names; each hands out ``METHOD``."""
