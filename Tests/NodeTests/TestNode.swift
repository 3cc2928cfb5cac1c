import Crypto
import Foundation
import Identity
import LedgerCore
import Node

import struct LedgerCore.Digest

/// A real node in a temporary folder, with a caller who is its administrator and practitioner.
final class TestNode: Sendable {
    let directory: DataDirectory
    let node: CairnNode
    let caller: Caller
    private let running: Task<Void, any Error>

    static func clock() -> UInt64 { UInt64(Date().timeIntervalSince1970 * 1000) }

    /// Opens (and at first founds) a node.
    ///
    /// - Parameters:
    ///   - outside: how services outside of the network are reached.
    ///   - configure: changes what the node is told.
    init(
        _ path: String, clock: @escaping @Sendable () -> UInt64 = { TestNode.clock() },
        outside: OutsideTransport? = nil, configure: (inout NodeConfiguration) -> Void = { _ in }
    ) throws {
        directory = DataDirectory(path)
        var configuration = NodeConfiguration(directory: directory)
        configure(&configuration)
        let node = try CairnNode.open(configuration, clock: clock)
        self.node = node
        let person = try required(
            node.people.all().first { $0.member == node.identity.member })
        caller = Caller(
            person: person.id, member: person.member,
            roles: Set(person.roles.compactMap(Role.init(rawValue:))), tier: .ownKey, key: nil,
            evidence: .zero)
        running = Task { try await node.run(outside: outside) }
    }

    /// Stops as a server does: finishes what was accepted, closes the stores.
    func stop() async throws {
        node.stop()
        try await running.value
        try node.close()
    }

    /// A request by the administrator.
    func request(key: String? = nil, stamp: StampedRequest? = nil) -> WriteRequest {
        WriteRequest(caller: caller, stamp: stamp, idempotencyKey: key)
    }

    /// The administrator's wallet.
    func wallet() throws -> Wallet {
        try WalletFile.read(directory.administratorWallet).unlock(passphrase: nil)
    }
}

/// `#require` outside of a test function.
func required<T>(_ value: T?) throws -> T {
    guard let value else { throw CocoaError(.fileNoSuchFile) }
    return value
}

/// A folder that goes with the test.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/cairn-node-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
