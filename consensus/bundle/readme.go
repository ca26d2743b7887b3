package bundle

// readme is the text that a person finds first. It is fixed: what is said of this
// very bundle stands in the manifest.
func readme(whole bool) []byte {
	if whole {
		return []byte(readmeHead + readmeLog + readmeTail)
	}
	return []byte(readmeHead + readmeExtract + readmeTail)
}

const readmeHead = `三地账本审计包 / Audit bundle of the Sandi ledger

本文件不是证据。核验请用:  sandi-audit verify 本文件.zip --keys 密钥文件
密钥文件须由您从各局另行取得（电话、当面、公文），绝不取自本包。

This text is no evidence. To verify:  sandi-audit verify THIS.zip --keys KEYFILE
Get the key file from the bureaus by another way (telephone, in person, official letter), never from this bundle.

`

const readmeLog = `本包是整本账，解压后即为标准静态透明日志（C2SP tlog-tiles），可用他人编写的工具核验。
This bundle is the whole log. Unpacked it is a static transparency log (C2SP tlog-tiles) that tools written by others verify.

  checkpoint            各地区签名的检查点          the checkpoint that the regions signed
  checkpoints/          以前的检查点                earlier checkpoints
  tile/                 哈希块                      hash tiles
  tile/entries/         条目: 每条前有两字节长度    entries, each with two bytes of length before it
`

const readmeExtract = `本包是摘录: 只证明其中的条目在账上，不证明没有遗漏。
This bundle is an extract: it proves that its entries are in the ledger, not that none is missing.

  checkpoint            各地区签名的检查点          the checkpoint that the regions signed
  entries/<n>           第 n 条（从 0 起）          entry number n, from 0
  proofs/<n>.tlog-proof 该条在账上的证明            proof that it is in the ledger
`

const readmeTail = `  genesis.json          各局共同签署的创世文件      the genesis that all bureaus signed
  policy.txt            供其他工具使用的公钥与规则  keys and quorum for other tools
  openings/             已公开承诺: 32 字节盐，后接内容   opened commitments: 32 bytes of salt, then the content
  draws/                抽取记录                    draws
  evidence/             分叉证据                    evidence of forks
  manifest.json         清单，含每个文件的 SHA-256  list of all files with their SHA-256

  jq -r '.files[]' manifest.json | sha256sum -c     检查文件是否损坏 / finds damaged files
`
