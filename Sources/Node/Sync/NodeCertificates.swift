import FoundationEssentials
package import Identity
package import LedgerCore
import Synchronization

/// The certificate that a node shows at each moment: issued anew when two thirds of its life are
/// over, by whoever asks for it then, while the node runs.
///
/// Its key stays the node's transport key, which is on the ledger. Connections that stand keep the
/// certificate with which they were made.
package final class NodeCertificates: Sendable {
    private let issue: @Sendable (_ nowMs: UInt64) throws -> NodeCertificate
    private let clock: @Sendable () -> UInt64
    private let state: Mutex<State>

    private struct State {
        var newest: NodeCertificate
        var renewalMs: UInt64
    }

    /// The part of its life after which a certificate is issued anew.
    private static let usedPart = (parts: UInt64(2), of: UInt64(3))

    /// Issues the first one.
    ///
    /// - Parameters:
    ///   - authority: the member's certificate, DER, as the ledger has it.
    ///   - hosts: names and addresses under which the node is reached.
    ///   - clock: milliseconds since 1970.
    package init(
        keys: NodeKeys, authority: [UInt8], node: Identifier, hosts: [String],
        clock: @escaping @Sendable () -> UInt64
    ) throws {
        issue = { nowMs in
            try NodeCertificate(
                keys: keys, authority: authority, node: node, hosts: hosts,
                now: Date(timeIntervalSince1970: Double(nowMs) / 1_000))
        }
        self.clock = clock
        let now = clock()
        state = Mutex(try NodeCertificates.state(try issue(now), atMs: now))
    }

    /// The one to show now. Where none can be issued any more, because the authority's own has
    /// ended, it is the last one, which peers refuse by name.
    package var current: NodeCertificate {
        let now = clock()
        return state.withLock { state in
            if now >= state.renewalMs, let next = try? NodeCertificates.state(issue(now), atMs: now)
            {
                state = next
            }
            return state.newest
        }
    }

    private static func state(_ certificate: NodeCertificate, atMs now: UInt64) throws -> State {
        let end = try MemberCertificate(der: certificate.certificate).notAfter
        let life = UInt64(max(0, end.timeIntervalSince1970 * 1_000 - Double(now)))
        return State(newest: certificate, renewalMs: now + life / usedPart.of * usedPart.parts)
    }
}
