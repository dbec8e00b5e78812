module oracle-regexp

go 1.24
