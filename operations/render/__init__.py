"""What people look at: tables on a terminal, Markdown, pages in HTML."""
