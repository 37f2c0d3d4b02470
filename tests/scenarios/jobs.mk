# Two sub-makes with a job each, and no token left for their other jobs.
all: one two
one two: ; +@$(MAKE) -f jobs.mk 1 2 3
1 2 3: ; @exec sleep 1000
