"""What the world is: configuration, layout, models, materials, sensors."""
