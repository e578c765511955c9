"""What people read: each module makes one page's document; its template shows it. The same document is the page's JSON."""
