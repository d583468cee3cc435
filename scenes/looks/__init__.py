"""How materials look to the camera: Blender shaders."""
