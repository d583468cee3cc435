"""Own worlds: a user's Blender file as a scene."""
