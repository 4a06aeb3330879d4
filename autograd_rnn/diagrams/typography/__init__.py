"""What every picture is written with: letters of the equations as outlines, and colours."""
