module fetchbench/peers/go

go 1.19
