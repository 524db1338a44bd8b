"""What a person sees and does: the window, its rooms, and the drawing.

No torch in this process: what needs it runs in a worker or in the service.
"""
