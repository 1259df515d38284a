"""Serving of the mouth model: landmarks of each frame, references of each shot, and the lower face made anew."""
