"""What the sensors see: rays, radio, camera, labels, and the dataset they fill."""
