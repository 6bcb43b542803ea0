package serviceproxy

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"
)

func addresses(list ...string) []netip.Addr {
	var parsed []netip.Addr
	for _, a := range list {
		parsed = append(parsed, netip.MustParseAddr(a))
	}
	return parsed
}

var cluster = Zone{Domain: "cluster.local", Names: map[string]Name{
	"web.ns.svc.cluster.local.":            {Addresses: addresses("10.96.0.2"), Services: []Target{{"web.ns.svc.cluster.local.", 80}}},
	"_http._tcp.web.ns.svc.cluster.local.": {Services: []Target{{"web.ns.svc.cluster.local.", 80}}},
	"both.ns.svc.cluster.local.":           {Addresses: addresses("10.96.0.3", "fd00::3")},
	"away.ns.svc.cluster.local.":           {Alias: "example.com."},
	"near.ns.svc.cluster.local.":           {Alias: "web.ns.svc.cluster.local."},
	"gone.ns.svc.cluster.local.":           {Alias: "nobody.ns.svc.cluster.local."},
	"round.ns.svc.cluster.local.":          {Alias: "round.ns.svc.cluster.local."},
	"2.0.96.10.in-addr.arpa.":              {Pointers: []string{"web.ns.svc.cluster.local."}},
}}

// ask returns what is answered: the code, the records, and those that come beside them.
func ask(t *testing.T, z Zone, name string, kind dnsmessage.Type) string {
	t.Helper()
	question := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}}}
	packed, err := question.Pack()
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParseQuery(packed)
	if err != nil {
		t.Fatal(err)
	}
	if !z.Knows(q) {
		return "not the zone's"
	}
	elsewhere := func(name string, kind dnsmessage.Type) []dnsmessage.Resource {
		return []dnsmessage.Resource{{Header: header(dnsmessage.MustNewName(name)), Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}}}
	}
	answer, err := z.Answer(q, 0, elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	return describe(t, answer)
}

func describe(t *testing.T, answer []byte) string {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(answer); err != nil {
		t.Fatal(err)
	}
	if m.ID != 7 || !m.Response || !m.RecursionAvailable {
		t.Errorf("header %+v", m.Header)
	}
	words := []string{strings.TrimPrefix(m.RCode.String(), "RCode")}
	if m.Truncated {
		words = append(words, "truncated")
	}
	for _, list := range [][]dnsmessage.Resource{m.Answers, m.Additionals} {
		for _, r := range list {
			switch b := r.Body.(type) {
			case *dnsmessage.AResource:
				words = append(words, netip.AddrFrom4(b.A).String())
			case *dnsmessage.AAAAResource:
				words = append(words, netip.AddrFrom16(b.AAAA).String())
			case *dnsmessage.CNAMEResource:
				words = append(words, "="+b.CNAME.String())
			case *dnsmessage.PTRResource:
				words = append(words, b.PTR.String())
			case *dnsmessage.SRVResource:
				words = append(words, fmt.Sprintf("%s:%d", b.Target, b.Port))
			}
		}
	}
	if got := len(m.Authorities); (got == 1) != (len(m.Answers) == 0) {
		t.Errorf("%d records of authority beside %d answers", got, len(m.Answers))
	}
	return strings.Join(words, " ")
}

func TestZoneAnswers(t *testing.T) {
	a, aaaa, srv, ptr := dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypeSRV, dnsmessage.TypePTR
	for _, test := range []struct {
		about, name string
		kind        dnsmessage.Type
		want        string
	}{
		{"a Service's address", "web.ns.svc.cluster.local.", a, "Success 10.96.0.2"},
		{"names have no case", "Web.NS.svc.Cluster.Local.", a, "Success 10.96.0.2"},
		{"another family: the name is there", "web.ns.svc.cluster.local.", aaaa, "Success"},
		{"both families", "both.ns.svc.cluster.local.", aaaa, "Success fd00::3"},
		{"no such Service", "nobody.ns.svc.cluster.local.", a, "NameError"},
		{"a search path below the domain is not asked elsewhere", "example.com.cluster.local.", a, "NameError"},
		{"a name with names below it", "ns.svc.cluster.local.", a, "Success"},
		{"the domain itself", "cluster.local.", a, "Success"},
		{"a port that has a name", "_http._tcp.web.ns.svc.cluster.local.", srv, "Success web.ns.svc.cluster.local.:80 10.96.0.2"},
		{"a port that nobody has", "_https._tcp.web.ns.svc.cluster.local.", srv, "NameError"},
		{"an alias elsewhere", "away.ns.svc.cluster.local.", a, "Success =example.com. 192.0.2.1"},
		{"an alias in the zone", "near.ns.svc.cluster.local.", a, "Success =web.ns.svc.cluster.local. 10.96.0.2"},
		{"an alias of nothing", "gone.ns.svc.cluster.local.", a, "Success =nobody.ns.svc.cluster.local."},
		{"an alias alone", "near.ns.svc.cluster.local.", dnsmessage.TypeCNAME, "Success =web.ns.svc.cluster.local."},
		{"a pod by its address", "172-20-0-3.ns.pod.cluster.local.", a, "Success 172.20.0.3"},
		{"a pod by its address of IPv6", "fd00--3.ns.pod.cluster.local.", aaaa, "Success fd00::3"},
		{"no pod's name", "server.ns.pod.cluster.local.", a, "NameError"},
		{"no pod's name: no namespace", "172-20-0-3.pod.cluster.local.", a, "NameError"},
		{"the name of an address", "2.0.96.10.in-addr.arpa.", ptr, "Success web.ns.svc.cluster.local."},
		{"the name of another address", "3.0.96.10.in-addr.arpa.", ptr, "not the zone's"},
		{"any other name", "example.com.", a, "not the zone's"},
		{"a name that only ends alike", "notcluster.local.", a, "not the zone's"},
	} {
		t.Run(test.about, func(t *testing.T) {
			if got := ask(t, cluster, test.name, test.kind); got != test.want {
				t.Errorf("%s\ngot  %s\nwant %s", test.name, got, test.want)
			}
		})
	}
}

func TestAddressesComeInTheOrderOfTheShuffle(t *testing.T) {
	z := Zone{Domain: "cluster.local", Names: map[string]Name{
		"pods.ns.svc.cluster.local.":  {Addresses: addresses("172.20.0.2", "172.20.0.3", "172.20.0.4")},
		"alias.ns.svc.cluster.local.": {Alias: "pods.ns.svc.cluster.local."},
	}}
	z.Shuffle = func(n int, swap func(i, j int)) { swap(0, n-1) }
	for name, want := range map[string]string{
		"pods.ns.svc.cluster.local.":  "Success 172.20.0.4 172.20.0.3 172.20.0.2",
		"alias.ns.svc.cluster.local.": "Success =pods.ns.svc.cluster.local. 172.20.0.4 172.20.0.3 172.20.0.2",
	} {
		if got := ask(t, z, name, dnsmessage.TypeA); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestACircleOfAliasesEnds(t *testing.T) {
	if got := ask(t, cluster, "round.ns.svc.cluster.local.", dnsmessage.TypeA); !strings.HasPrefix(got, "Success =round") {
		t.Errorf("got %s", got)
	}
}

func TestAnAnswerThatIsTooLongForUDPIsCut(t *testing.T) {
	var many []netip.Addr
	for i := range 100 {
		many = append(many, netip.AddrFrom4([4]byte{172, 20, 0, byte(i)}))
	}
	z := Zone{Domain: "cluster.local", Names: map[string]Name{"many.ns.svc.cluster.local.": {Addresses: many}}}
	query := func(udpSize int) Query {
		builder := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: 7})
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(builder.StartQuestions())
		must(builder.Question(dnsmessage.Question{Name: dnsmessage.MustNewName("many.ns.svc.cluster.local."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}))
		if udpSize > 0 {
			var h dnsmessage.ResourceHeader
			must(h.SetEDNS0(udpSize, dnsmessage.RCodeSuccess, false))
			must(builder.StartAdditionals())
			must(builder.OPTResource(h, dnsmessage.OPTResource{}))
		}
		packed, err := builder.Finish()
		must(err)
		q, err := ParseQuery(packed)
		must(err)
		return q
	}
	for _, test := range []struct {
		udpSize, limit int
		truncated      bool
	}{{0, 0, true}, {1232, 0, true}, {4096, 0, false}, {0, 65535, false}} {
		answer, err := z.Answer(query(test.udpSize), test.limit, nil)
		if err != nil {
			t.Fatal(err)
		}
		var m dnsmessage.Message
		if err := m.Unpack(answer); err != nil {
			t.Fatal(err)
		}
		if m.Truncated != test.truncated || !test.truncated && len(m.Answers) != len(many) {
			t.Errorf("with %+v: truncated %v, %d answers, %d bytes", test, m.Truncated, len(m.Answers), len(answer))
		}
	}
}

func TestWhatIsNoQueryIsRefused(t *testing.T) {
	for _, message := range []string{"", "GET / HTTP/1.1\r\n\r\n", strings.Repeat("\x00", 12)} {
		if q, err := ParseQuery([]byte(message)); err == nil {
			t.Errorf("%q: %s", message, cmp.Diff(Query{}, q, cmp.AllowUnexported(Query{})))
		}
	}
}
