def handle(request):
    """Answers one call: request.text, .body, .json(), .headers, .query, .path and .method."""
    name = request.text.strip() or "world"
    return f"Hello, {name}!\n"
