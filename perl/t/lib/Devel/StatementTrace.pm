package Devel::StatementTrace;

# A debugger as small as Devel::Trace: it is called before every statement.

package DB;

use strict;
use warnings;

our $statements = 0;

sub DB { $statements++ }

END { print "traced $statements statements\n" }

1;
