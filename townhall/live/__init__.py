"""What is open in this process: halls, their viewers, the frames that all of them share."""
