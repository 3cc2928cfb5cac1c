import LedgerCore
import Storage
import TestSupport
import Testing

private let network = Digest.sha256(Array("test network".utf8))

private func open(
    _ disk: SimulatedDisk, knownDurable: UInt64? = nil,
    verification: ChainVerification = .everything
) throws -> ChainLog {
    try ChainLog.open(
        directory: "chain", network: network, channel: "main", disk: disk,
        knownDurable: knownDurable, verification: verification, segmentBytes: 3_000)
}

/// Three segments of records without zero bytes, each made durable.
private func filled(records: UInt64 = 12) throws -> SimulatedDisk {
    let disk = SimulatedDisk()
    let log = try open(disk)
    for height in 0..<records {
        try log.append(height: height, payload: [UInt8](repeating: 1 + UInt8(height), count: 600))
        try log.sync()
    }
    return disk
}

@Suite struct ChainDamageTests {
    @Test func everyFlippedBitIsFoundAndNothingIsCutOff() async throws {
        for await item in Soak.cases(usual: 1, long: 200) { try checkFlips(item) }
    }

    private func checkFlips(_ item: SeededCase) throws {
        var generator = item.random
        let disk = try filled(records: 9)
        let files = try disk.list("chain").map { "chain/" + $0 }
        #expect(files.count == 2)
        for path in files {
            let bytes = try #require(disk.content(path))
            // All of the headers and trailers, and some of each payload.
            for offset in bytes.indices where offset < 300 || offset % 7 == 0 {
                let bit = Int.random(in: 0..<8, using: &generator)
                disk.flipBit(path, offset: offset, bit: bit)
                let damaged = try #require(disk.content(path))
                let error = #expect(throws: ChainLogError.self, "\(item): \(path) \(offset) \(bit)")
                {
                    try open(disk)
                }
                if case .damaged(let finding)? = error {
                    #expect("chain/" + finding.file == path)
                    #expect(finding.offset <= UInt64(offset))
                } else {
                    Issue.record("\(item): \(path) \(offset): \(String(describing: error))")
                }
                let isUntouched = disk.content(path) == damaged
                #expect(isUntouched)
                disk.setContent(path, bytes)
            }
        }
        #expect(try open(disk).last == 8)
    }

    @Test func everyBitOfAShortChainIsCovered() throws {
        let disk = SimulatedDisk()
        let log = try open(disk)
        try log.append(height: 0, payload: [3, 1, 2])
        try log.append(height: 1, payload: [5])
        try log.sync()
        let path = "chain/" + (try disk.list("chain")[0])
        let bytes = try #require(disk.content(path))
        for offset in bytes.indices {
            for bit in 0..<8 {
                disk.flipBit(path, offset: offset, bit: bit)
                #expect(throws: ChainLogError.self, "offset \(offset) bit \(bit)") {
                    try open(disk)
                }
                disk.setContent(path, bytes)
            }
        }
    }

    @Test func inspectionNamesEveryDamageAndReadsOn() throws {
        let disk = try filled()
        let files = try disk.list("chain").map { "chain/" + $0 }
        disk.flipBit(files[0], offset: 160 + 665 + 100, bit: 3)  // payload of height 1
        disk.flipBit(files[1], offset: 161, bit: 0)  // record header of the second segment's first
        disk.setContent("chain/notes.txt", [1])
        let before = files.map { disk.content($0) }
        var heights = [UInt64]()
        let findings = try ChainLog.inspect(
            directory: "chain", network: network, channel: "main", disk: disk
        ) { heights.append($0.height) }
        let isUntouched = files.map { disk.content($0) } == before
        #expect(isUntouched)
        #expect(heights == [0, 2, 3, 4, 6, 7, 8, 9, 10, 11])
        #expect(findings.map(\.kind) == [.unknownFile, .recordDamaged, .recordDamaged])
        #expect(findings.map(\.height) == [0, 1, 5])
        #expect(findings.map(\.offset) == [0, 160 + 665, 160])
    }

    @Test func inspectionReadsOnBehindADamagedSegmentHeader() throws {
        let disk = try filled()
        let path = "chain/" + (try disk.list("chain")[1])
        disk.flipBit(path, offset: 90, bit: 1)
        var heights = [UInt64]()
        let findings = try ChainLog.inspect(directory: "chain", disk: disk) {
            heights.append($0.height)
        }
        #expect(heights == Array(0..<12))
        #expect(findings.map(\.kind) == [.segmentHeaderDamaged])
    }

    @Test func aMissingSegmentShows() throws {
        let disk = try filled(records: 14)
        let names = try disk.list("chain")
        #expect(names.count == 3)
        try disk.remove("chain/" + names[1])
        #expect(throws: ChainLogError.self) { try open(disk) }
        let findings = try ChainLog.inspect(directory: "chain", disk: disk) { _ in }
        #expect(findings.map(\.kind) == [.heightUnexpected(found: 10)])
        let log = try open(disk, verification: .newestSegment)
        #expect(throws: ChainLogError.self) { try log.forEach(from: 0) { _ in } }
        #expect(throws: ChainLogError.self) { try log.read(height: 7) }
    }

    @Test func aShortenedFileIsTornUnlessItsEndIsKnown() throws {
        let disk = try filled(records: 3)
        let path = "chain/" + (try disk.list("chain")[0])
        let bytes = try #require(disk.content(path))
        for cut in [1, 33, 200, 640, 664] {
            disk.setContent(path, Array(bytes.dropLast(cut)))
            #expect(throws: ChainLogError.self) { try open(disk, knownDurable: 2) }
            #expect(disk.content(path)?.count == bytes.count - cut)
            let log = try open(disk, knownDurable: 1)
            #expect(log.last == 1)
            #expect(log.tornTailBytes == UInt64(665 - cut))
            #expect(disk.content(path)?.count == bytes.count - 665)
        }
    }

    @Test func zerosInTheLastRecordAreTornAndEarlierOnesAreDamage() throws {
        let disk = try filled(records: 3)
        let path = "chain/" + (try disk.list("chain")[0])
        let bytes = try #require(disk.content(path))
        var torn = bytes
        torn.replaceSubrange(1_536..<2_048, with: repeatElement(0, count: 512))
        disk.setContent(path, torn)
        let findings = try ChainLog.inspect(directory: "chain", disk: disk) { _ in }
        #expect(findings.map(\.kind) == [.tornTail(bytes: 665)])
        #expect(findings.map(\.isHarmless) == [true])
        #expect(try open(disk).last == 1)

        var damaged = bytes
        damaged.replaceSubrange(512..<1_024, with: repeatElement(0, count: 512))
        disk.setContent(path, damaged)
        #expect(throws: ChainLogError.self) { try open(disk) }
        let isUntouched = disk.content(path) == damaged
        #expect(isUntouched)
    }

    /// What follows it was never finished, and says nothing about it.
    @Test func aRottenHeaderBeforeATornRecordIsDamage() throws {
        let disk = try filled(records: 3)
        let path = "chain/" + (try disk.list("chain")[0])
        let whole = try #require(disk.content(path))
        let torn = whole + [UInt8](repeating: 0, count: 1_024)
        let start = try Int(open(disk).position(of: 2).offset)
        for offset in start..<start + 32 {
            disk.setContent(path, torn)
            disk.flipBit(path, offset: offset, bit: offset % 8)
            #expect(throws: ChainLogError.self, "byte \(offset - start)") { try open(disk) }
        }
        disk.setContent(path, torn)
        let log = try open(disk)
        #expect(log.last == 2)
        #expect(log.tornTailBytes == 1_024)
    }

    @Test func payloadsThatLookLikeRecordsDeceiveNobody() throws {
        let disk = SimulatedDisk()
        let log = try open(disk)
        try log.append(height: 0, payload: [1, 2, 3])
        try log.append(height: 1, payload: [1, 2, 3])
        try log.sync()
        let path = "chain/" + (try disk.list("chain")[0])
        // The bytes of a good record of another chain, with its durable end at the far end.
        let other = SimulatedDisk()
        let planted = try ChainLog.open(
            directory: "chain", network: network, channel: "main", disk: other)
        for height in 0..<3 as Range<UInt64> {
            try planted.append(height: height, payload: [UInt8](repeating: 7, count: 2_000))
            try planted.sync()
        }
        let bait = try #require(other.content("chain/" + other.list("chain")[0]))
        try log.append(height: 2, payload: Array(bait[160...]))
        var bytes = try #require(disk.content(path))
        let start = try Int(log.position(of: 2).offset)
        let sector = (start / 512 + 1) * 512
        bytes.replaceSubrange(sector..<sector + 512, with: repeatElement(0, count: 512))
        disk.setContent(path, bytes)
        #expect(try open(disk).last == 1)
    }
}
