module oracle-source

go 1.24
