# Pages, one after the other.
overview-title = What is here, and what needs a person?
overview-figures = Numbers
needs-title = Needs a person
needs-none = Nothing waits for you
needs-none-text = Counts to sign, requests by another person, overdue weapons and alerts will stand here.
chart-title = Stock over 90 days
chart-on-charge = on charge
chart-in-store = in store
chart-told = On charge: { $first } at the beginning, { $last } now.
chart-none = The line begins when the book is two days old.
scans-title = Last scans
scans-none = Nothing heard yet
scans-none-text = What a reader or scanner hears stands here within a moment. Enrol a gateway on the page of the readers.
scan-not-stored = Not stored yet. Keep the page open; it is sent again.
