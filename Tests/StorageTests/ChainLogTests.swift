import LedgerCore
import Storage
import TestSupport
import Testing

private let network = Digest.sha256(Array("test network".utf8))

private func open(
    _ disk: any Disk, _ directory: String = "chain", channel: String = "main",
    knownDurable: UInt64? = nil, verification: ChainVerification = .newestSegment,
    segmentBytes: UInt64 = ChainLimits.segmentBytes
) throws -> ChainLog {
    try ChainLog.open(
        directory: directory, network: network, channel: channel, disk: disk,
        knownDurable: knownDurable, verification: verification, segmentBytes: segmentBytes)
}

private func payload(_ height: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: height)
    return generator.payload(upTo: 2_000) + [1]
}

@Suite struct ChainLogTests {
    @Test(arguments: [true, false])
    func recordsComeBackAfterReopening(real: Bool) throws {
        let folder = TestFolder()
        let disk: any Disk = real ? RealDisk() : SimulatedDisk()
        let directory = real ? folder.path + "/node/chain" : "chain"
        var positions = [ChainPosition]()
        do {
            let log = try open(disk, directory, segmentBytes: 8_000)
            #expect(log.last == nil)
            for height in 0..<50 as Range<UInt64> {
                positions.append(try log.append(height: height, payload: payload(height)))
            }
            try log.sync()
            #expect(log.lastDurable == 49)
        }
        let log = try open(disk, directory, verification: .everything, segmentBytes: 8_000)
        #expect(log.last == 49)
        #expect(log.first == 0)
        #expect(log.tornTailBytes == 0)
        #expect(Set(positions.map(\.segment)).count > 3)
        for (height, position) in zip(0..<50 as Range<UInt64>, positions) {
            #expect(try log.read(position).payload == payload(height))
            #expect(try log.read(height: height).position == position)
        }
        var seen = [UInt64]()
        try log.forEach(from: 17) { seen.append($0.height) }
        #expect(seen == Array(17..<50))
        seen = []
        try log.forEach(from: positions[31]) { seen.append($0.height) }
        #expect(seen == Array(31..<50))
        try log.forEach(from: 50) { _ in Issue.record("nothing lies behind the last record") }
        #expect(throws: ChainLogError.noRecord(height: 51)) { try log.forEach(from: 51) { _ in } }
        #expect(throws: ChainLogError.noRecord(height: 50)) { try log.read(height: 50) }
        try log.append(height: 50, payload: [])
        #expect(try log.read(height: 50).payload == [])
    }

    @Test func heightsAreConsecutiveAndTheFirstIsFree() throws {
        let log = try open(SimulatedDisk())
        try log.append(height: 7, payload: [1])
        #expect(throws: ChainLogError.heightUnexpected(given: 9, next: 8)) {
            try log.append(height: 9, payload: [])
        }
        try log.append(height: 8, payload: [2])
        #expect(log.first == 7)
    }

    @Test func syncCostsOneCallAndNothingWhenNothingIsNew() throws {
        let disk = SimulatedDisk()
        let log = try open(disk)
        try log.append(height: 0, payload: [1])
        let before = disk.syncCount
        try log.append(height: 1, payload: [1])
        try log.append(height: 2, payload: [1])
        try log.sync()
        #expect(disk.syncCount == before + 1)
        try log.sync()
        #expect(disk.syncCount == before + 1)
    }

    @Test func anotherNetworkOrChannelIsRefused() throws {
        let disk = SimulatedDisk()
        try open(disk).append(height: 0, payload: [1])
        #expect(throws: ChainLogError.self) { try open(disk, channel: "private") }
        let findings = try ChainLog.inspect(
            directory: "chain", network: .zero, disk: disk
        ) { _ in Issue.record("a foreign record was visited") }
        #expect(findings.map(\.kind) == [.foreignSegment])
    }

    @Test func aFullDiskLosesNothingAndTheLogGoesOn() throws {
        let disk = SimulatedDisk(capacityBytes: 5_000)
        let log = try open(disk)
        var height: UInt64 = 0
        let error = #expect(throws: ChainLogError.self) {
            while true {
                try log.append(height: height, payload: [UInt8](repeating: 7, count: 300))
                height += 1
            }
        }
        #expect(error == .full(height: height))
        #expect(log.last == height - 1)
        let asACrashFindsIt = try open(disk)
        #expect(asACrashFindsIt.tornTailBytes == 0 && asACrashFindsIt.last == height - 1)
        disk.setCapacity(100_000)
        try log.append(height: height, payload: [9])
        try log.sync()
        disk.crash(seed: 1)
        let again = try open(disk)
        #expect(again.last == height)
        #expect(again.tornTailBytes == 0)
        #expect(try again.read(height: height).payload == [9])
    }

    @Test func aFullDiskAtTheStartOfASegmentIsNoHarm() throws {
        let disk = SimulatedDisk(capacityBytes: 1_300)
        let log = try open(disk, segmentBytes: 1_000)
        try log.append(height: 0, payload: [UInt8](repeating: 7, count: 1_000))
        #expect(throws: ChainLogError.full(height: 1)) { try log.append(height: 1, payload: [1]) }
        disk.setCapacity(100_000)
        try log.append(height: 1, payload: [1])
        try log.sync()
        #expect(try open(disk, segmentBytes: 1_000).last == 1)
    }

    @Test func aFailedSyncIsNeverForgiven() throws {
        let disk = SimulatedDisk()
        let log = try open(disk)
        try log.append(height: 0, payload: [1])
        disk.failSyncs(1)
        #expect(throws: DiskError.self) { try log.sync() }
        #expect(throws: ChainLogError.failedBefore) { try log.sync() }
        #expect(throws: ChainLogError.failedBefore) { try log.append(height: 1, payload: []) }
        #expect(log.lastDurable == nil)
    }
}
