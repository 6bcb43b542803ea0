package serviceproxy

import (
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// recordTTL is how long a client may keep an answer, in seconds.
	recordTTL = 5
	// plainUDPSize is how long an answer may be over UDP for a client that does not say more, in bytes.
	plainUDPSize = 512
	// maxAliases ends a circle of aliases.
	maxAliases = 8
)

// Query is a message that asks one question.
type Query struct {
	header   dnsmessage.Header
	question dnsmessage.Question
	// udpSize is how long an answer may be over UDP, in bytes.
	udpSize int
}

// ParseQuery reads a query. The error is one of a message that nobody can answer.
func ParseQuery(message []byte) (Query, error) {
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil {
		return Query{}, err
	}
	q := Query{header: header, udpSize: plainUDPSize}
	if q.question, err = p.Question(); err != nil {
		return Query{}, err
	}
	for _, skip := range []func() error{p.SkipAllQuestions, p.SkipAllAnswers, p.SkipAllAuthorities} {
		if err := skip(); err != nil {
			return q, nil
		}
	}
	for {
		extra, err := p.AdditionalHeader()
		if err != nil {
			return q, nil
		}
		if extra.Type == dnsmessage.TypeOPT {
			q.udpSize = max(q.udpSize, int(extra.Class))
		}
		if p.SkipAdditional() != nil {
			return q, nil
		}
	}
}

// Knows reports whether the question is the zone's to answer; all others are the upstream server's.
func (z Zone) Knows(q Query) bool {
	name := strings.ToLower(q.question.Name.String())
	if _, known := z.Names[name]; known {
		return true
	}
	return name == z.apex() || strings.HasSuffix(name, "."+z.apex())
}

func (z Zone) apex() string { return z.Domain + "." }

// Resolver finds records of names that are not the zone's, for the aliases that lead there.
type Resolver func(name string, kind dnsmessage.Type) []dnsmessage.Resource

// Answer is the answer to a question that the zone knows. An answer that is longer than limit bytes is cut, so that the client asks again
// over TCP; 0 means what the client takes over UDP.
func (z Zone) Answer(q Query, limit int, elsewhere Resolver) ([]byte, error) {
	answers, extra, found := z.records(q.question, elsewhere)
	if limit == 0 {
		limit = q.udpSize
	}
	message := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: q.header.ID, Response: true, OpCode: q.header.OpCode, Authoritative: true,
			RecursionDesired: q.header.RecursionDesired, RecursionAvailable: true,
		},
		Questions:   []dnsmessage.Question{q.question},
		Answers:     answers,
		Additionals: extra,
	}
	if !found {
		message.RCode = dnsmessage.RCodeNameError
	}
	if len(answers) == 0 {
		message.Authorities = []dnsmessage.Resource{z.authority()}
	}
	packed, err := message.Pack()
	if err != nil || len(packed) <= limit {
		return packed, err
	}
	if message.Additionals = nil; len(answers) > 0 {
		if packed, err = message.Pack(); err != nil || len(packed) <= limit {
			return packed, err
		}
	}
	message.Truncated, message.Answers = true, nil
	return message.Pack()
}

// records are those that answer a question, and the addresses of what they name. found is false for a name that does not exist.
func (z Zone) records(q dnsmessage.Question, elsewhere Resolver) (answers, extra []dnsmessage.Resource, found bool) {
	owner, name := q.Name, strings.ToLower(q.Name.String())
	for range maxAliases {
		known, exists := z.find(name)
		if !exists && len(answers) > 0 { // where an alias leads
			if elsewhere != nil && !strings.HasSuffix(name, "."+z.apex()) {
				answers = append(answers, elsewhere(name, q.Type)...)
			}
			return answers, extra, true
		}
		if !exists {
			return nil, nil, false
		}
		if known.Alias == "" || q.Type == dnsmessage.TypeCNAME {
			more, extra := z.own(owner, known, q.Type)
			return append(answers, more...), extra, true
		}
		target, err := dnsmessage.NewName(known.Alias)
		if err != nil {
			return answers, nil, true
		}
		answers = append(answers, dnsmessage.Resource{Header: header(owner), Body: &dnsmessage.CNAMEResource{CNAME: target}})
		owner, name = target, strings.ToLower(known.Alias)
	}
	return answers, nil, true
}

// own are the records of a name itself.
func (z Zone) own(owner dnsmessage.Name, known Name, kind dnsmessage.Type) (answers, extra []dnsmessage.Resource) {
	add := func(to *[]dnsmessage.Resource, owner dnsmessage.Name, body dnsmessage.ResourceBody) {
		*to = append(*to, dnsmessage.Resource{Header: header(owner), Body: body})
	}
	switch kind {
	case dnsmessage.TypeA, dnsmessage.TypeAAAA:
		for _, address := range known.Addresses {
			if body := addressRecord(address); (kind == dnsmessage.TypeA) == address.Is4() {
				add(&answers, owner, body)
			}
		}
		if z.Shuffle != nil {
			z.Shuffle(len(answers), func(i, j int) { answers[i], answers[j] = answers[j], answers[i] })
		}
	case dnsmessage.TypeCNAME:
		if target, err := dnsmessage.NewName(known.Alias); err == nil && known.Alias != "" {
			add(&answers, owner, &dnsmessage.CNAMEResource{CNAME: target})
		}
	case dnsmessage.TypePTR:
		for _, pointer := range known.Pointers {
			if target, err := dnsmessage.NewName(pointer); err == nil {
				add(&answers, owner, &dnsmessage.PTRResource{PTR: target})
			}
		}
	case dnsmessage.TypeSRV:
		named := map[string]bool{}
		for _, service := range known.Services {
			target, err := dnsmessage.NewName(service.Name)
			if err != nil {
				continue
			}
			add(&answers, owner, &dnsmessage.SRVResource{Weight: uint16(100 / len(known.Services)), Port: service.Port, Target: target})
			if there, ok := z.find(strings.ToLower(service.Name)); ok && !named[service.Name] {
				named[service.Name] = true
				for _, address := range there.Addresses {
					add(&extra, target, addressRecord(address))
				}
			}
		}
	}
	return answers, extra
}

func header(owner dnsmessage.Name) dnsmessage.ResourceHeader {
	return dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET, TTL: recordTTL}
}

func addressRecord(address netip.Addr) dnsmessage.ResourceBody {
	if address.Is4() {
		return &dnsmessage.AResource{A: address.As4()}
	}
	return &dnsmessage.AAAAResource{AAAA: address.As16()}
}

// find looks a name up. One that only has names below it exists, without records.
func (z Zone) find(name string) (Name, bool) {
	if known, ok := z.Names[name]; ok {
		return known, true
	}
	if address, ok := z.podAddress(name); ok {
		return Name{Addresses: []netip.Addr{address}}, true
	}
	for other := range z.Names {
		if strings.HasSuffix(other, "."+name) {
			return Name{}, true
		}
	}
	return Name{}, name == z.apex()
}

// podAddress reads the address out of a pod's name, a-b-c-d.namespace.pod.cluster.local. As a cluster's DNS usually does, it asks
// nobody whether there is such a pod.
func (z Zone) podAddress(name string) (netip.Addr, bool) {
	below, ok := strings.CutSuffix(name, ".pod."+z.apex())
	label, namespace, two := strings.Cut(below, ".")
	if !ok || !two || strings.Contains(namespace, ".") {
		return netip.Addr{}, false
	}
	for _, separator := range []string{".", ":"} {
		if address, err := netip.ParseAddr(strings.ReplaceAll(label, "-", separator)); err == nil {
			return address, true
		}
	}
	return netip.Addr{}, false
}

// authority is the record that tells for how long there is no answer.
func (z Zone) authority() dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: header(dnsmessage.MustNewName(z.apex())),
		Body: &dnsmessage.SOAResource{
			NS: dnsmessage.MustNewName("ns.dns." + z.apex()), MBox: dnsmessage.MustNewName("hostmaster." + z.apex()),
			Serial: 1, Refresh: 7200, Retry: 1800, Expire: 86400, MinTTL: recordTTL,
		},
	}
}
