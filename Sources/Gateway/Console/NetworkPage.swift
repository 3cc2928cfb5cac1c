import FHIR
import Hummingbird
import LedgerCore
import Node

/// GET /network: who keeps the ledger together, how far each has cosigned, where fragments lie.
extension Handlers {
    func network(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        let head = try node.head()
        let directory = node.reader.directory
        let cosigners = head.checkpoint.cosigners(try directory.members())
        let nodes = try directory.nodes()
        let newest = try newestBlocks(to: head.header.height)
        let behind = try node.finality.blocksBehind()
        let storage = StorageReport(node.configuration.directory)
        let body = node.identity.genesis.body
        let page = page(call, title: "Network", kind: "network")
        return Answer.page(
            page.html { html in
                html.element("h1", body.name)
                html.element("p", [("class", "lead"), ("data-live", "sentence")]) { html in
                    html.text(NetworkPage.sentence(head, cosigners))
                }
                if let status = node.follower?.status {
                    html.element(
                        "p",
                        [("class", status.isConnected ? "quiet" : "bad"), ("id", "following")],
                        NetworkPage.following(
                            status, waits: node.engine.isWaitingForSpace,
                            halted: node.engine.halted))
                }
                NetworkPage.members(
                    &html, cosigners, nodes, own: node.identity.node, behind: behind)
                NetworkPage.blocks(&html, newest)
                NetworkPage.storage(&html, storage)
                NetworkPage.facts(&html, node.identity.genesis)
            })
    }

    /// The blocks before a height and at it, as their events tell of them, the oldest first.
    private func newestBlocks(to height: UInt64) throws -> [UInt8] {
        let first = height - min(height, NetworkPage.blocksShown - 1)
        let blocks = try (first...height).compactMap { height -> String? in
            guard let block = try node.reader.block(height) else { return nil }
            let header = try Header(bytes: block.headerBytes)
            return String(decoding: LiveFollower.json(header, hash: block.hash), as: UTF8.self)
        }
        return Array("[\(blocks.joined(separator: ","))]".utf8)
    }
}

/// The parts of the page.
enum NetworkPage {
    /// As many as the page's script keeps.
    static let blocksShown: UInt64 = 12

    static func sentence(_ head: ChannelHead, _ cosigners: [Cosigner]) -> String {
        let signed = cosigners.count { $0.atSeconds != nil }
        let all = cosigners.count
        let state =
            signed * 2 > all
            ? "It is final: \(signed) of \(all) \(all == 1 ? "member" : "members") signed it."
            : "It is not final yet: \(signed) of \(all) members signed it."
        return "The ledger stands at block \(head.header.height). \(state)"
    }

    /// How this node follows the one that orders.
    static func following(_ status: FollowStatus, waits: Bool, halted: NodeError?) -> String {
        let lag = FollowWords.lag(status)
        if let halted, halted.code == .halted {
            return "This node has \(halted.message). It goes on reading and writes nothing."
        }
        if waits { return "No space is left on this node's disk for the next block: \(lag)." }
        return status.isConnected
            ? "This node follows the ordering node: \(lag)."
            : "This node does not reach the ordering node and takes no writes: \(lag)."
    }

    static func members(
        _ html: inout HTML, _ cosigners: [Cosigner], _ nodes: [PeerDirectory.Node],
        own: Identifier, behind: [Identifier: UInt64]
    ) {
        html.element("section", [("aria-labelledby", "h-members")]) { html in
            html.element("h2", [("id", "h-members")], "Members")
            html.element("table", [("id", "members")]) { html in
                headings(&html, ["Member", "Nodes", "Signed the head", "Lag", "In since block"])
                html.element("tbody") { html in
                    for cosigner in cosigners {
                        member(
                            &html, cosigner, nodes, own: own, behind: behind[cosigner.member.id])
                    }
                }
            }
            if cosigners.count == 1 {
                html.element(
                    "p", [("class", "quiet")],
                    "One member alone is no witness against itself: keep checkpoints elsewhere, or "
                        + "invite a second member.")
            }
        }
    }

    private static func member(
        _ html: inout HTML, _ cosigner: Cosigner, _ nodes: [PeerDirectory.Node],
        own: Identifier, behind: UInt64?
    ) {
        let member = cosigner.member
        let here = nodes.filter { $0.member == member.id && !$0.isRetired }
        html.element("tr", [("data-member", "\(member.id)")]) { html in
            html.element("th", [("scope", "row")]) { html in
                html.text(member.name)
                if !member.jurisdiction.isEmpty { html.text(" (\(member.jurisdiction))") }
                html.element("span", [("class", "quiet hash")], "\(member.id)")
            }
            html.element("td") { html in
                for node in here {
                    html.element("span", [("class", "hash")]) { html in
                        html.text("\(node.id)".prefix(8) + (node.id == own ? " (this one)" : ""))
                    }
                }
            }
            html.element("td") { html in
                html.element(
                    "span",
                    [
                        ("class", cosigner.atSeconds == nil ? "mark hollow" : "mark full"),
                        ("aria-hidden", "true"), ("data-live", "mark"),
                    ], "")
                html.element("span", [("data-live", "signed")]) { html in
                    if let seconds = cosigner.atSeconds {
                        html.text(" \(FHIRTime.minute(Int64(clamping: seconds) * 1_000))")
                    } else {
                        html.text(" not yet")
                    }
                }
            }
            html.element(
                "td", [("class", "figures"), ("data-live", "lag")],
                FollowWords.cosignature(behind))
            html.element("td", [("class", "figures")], "\(member.since)")
        }
    }

    static func blocks(_ html: inout HTML, _ newest: [UInt8]) {
        html.element("section", [("aria-labelledby", "h-blocks")]) { html in
            html.element("h2", [("id", "h-blocks")], "Blocks")
            html.element(
                "p", [("class", "quiet")],
                "They appear as they are made. Each names the one before it by its hash.")
            html.element("table", [("id", "blocks")]) { html in
                headings(&html, ["Block", "Time", "Transactions", "Log", "Hash"])
                let known = String(decoding: newest, as: UTF8.self)
                html.element("tbody", [("data-blocks", known)]) { _ in }
            }
        }
    }

    static func storage(_ html: inout HTML, _ storage: StorageReport) {
        html.element("section", [("aria-labelledby", "h-storage")]) { html in
            html.element("h2", [("id", "h-storage")], "Storage of this node")
            html.element(
                "p", [("class", "quiet")],
                "Every record lies sealed and split over six providers; any four give it back.")
            html.element("table") { html in
                headings(&html, ["Provider", "State", "Fragments", "Size"])
                html.element("tbody") { html in
                    for provider in storage.providers {
                        html.element("tr") { html in
                            html.element("th", [("scope", "row")], "Folder \(provider.name)")
                            html.element(
                                "td", [("class", provider.isThere ? "" : "bad")],
                                provider.isThere ? "there" : "missing: records open without it")
                            html.element("td", [("class", "figures")], "\(provider.fragments)")
                            html.element("td", [("class", "figures")], size(provider.bytes))
                        }
                    }
                }
            }
            if let free = storage.freeBytes {
                html.element("p", [("class", "quiet")], "\(size(free)) are free on this disk.")
            }
        }
    }

    static func facts(_ html: inout HTML, _ genesis: Genesis) {
        html.element("section", [("aria-labelledby", "h-facts")]) { html in
            html.element("h2", [("id", "h-facts")], "What names this network")
            html.element("dl", [("class", "facts")]) { html in
                html.element("dt", "Genesis digest")
                html.element("dd") { $0.element("code", "\(genesis.digest)") }
                html.element("dt", "Founded")
                html.element("dd", FHIRTime.minute(Int64(clamping: genesis.body.createdMs)))
                if genesis.body.parameters.sample {
                    html.element("dt", "Kind")
                    html.element("dd", "A sample network: its people are invented.")
                }
            }
        }
    }

    private static func headings(_ html: inout HTML, _ names: [String]) {
        html.element("thead") { html in
            html.element("tr") { html in
                for name in names { html.element("th", [("scope", "col")], name) }
            }
        }
    }

    /// Bytes as people read them.
    static func size(_ bytes: UInt64) -> String {
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        let rounded = value >= 10 || unit == 0 ? value.rounded() : (value * 10).rounded() / 10
        let text = rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
        return "\(text) \(units[unit])"
    }
}
