"""What plugins are written against: data, protocols and pure functions over them."""
