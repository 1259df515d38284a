"""Serving: streams of finished frames out of files, in constant memory. Import the module you need."""
