all: ; @exec /usr/bin/python3 article.py 6000
