package podtest

import (
	"errors"
	"strings"
	"testing"
)

func TestImagesOfTwoDirectoriesAreTwo(t *testing.T) {
	one, errOne := buildOwner("testdata/greeter", "shop")
	same, errSame := buildOwner("./testdata/../testdata/greeter", "shop")
	other, errOther := buildOwner("testdata/other", "shop")
	if err := errors.Join(errOne, errSame, errOther); err != nil {
		t.Fatal(err)
	}
	if one != same || one == other || !strings.HasSuffix(one, "-shop") {
		t.Errorf("owners %s, %s and %s", one, same, other)
	}
}
