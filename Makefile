# What a newcomer needs. The work itself is in Scripts.
.PHONY: help run build test soak lint format clean
.NOTPARALLEL:

help:
	@echo "make run     start a hospital and a clinic with invented patients, their data under ./data"
	@echo "make build   leave the program at .build/release/cairn"
	@echo "make test    check the format, build everything, run all tests"
	@echo "make soak    run the long versions of the tests; SOAK_PART=i/n runs a part"
	@echo "make format  put all Swift files into the house's format"
	@echo "make clean   remove what was built; ./data stays"

run:
	@Scripts/run.sh

build:
	@Scripts/build.sh

test:
	@Scripts/test.sh

soak:
	@Scripts/soak.sh

lint:
	@Scripts/lint.sh

format:
	@swift format format --in-place --recursive --parallel Sources Tests
	@Scripts/wrap-comments.py Sources Tests

clean:
	@rm -rf .build .build-protoc
