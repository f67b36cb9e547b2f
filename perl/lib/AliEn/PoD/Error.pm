package AliEn::PoD::Error;

use strict;
use warnings;

use overload
    q("")    => sub { $_[0]->message },
    '0+'     => sub { $_[0]->code },
    'bool'   => sub { 1 },
    fallback => 1;

sub code { $_[0]{code} }

sub message { $_[0]{message} }

sub throw {
    my ($class, $code, $message) = @_;
    die bless { code => $code, message => $message }, $class;
}

1;

__END__

=head1 NAME

AliEn::PoD::Error - why a call of AliEn::PoD failed

=head1 SYNOPSIS

    eval { $watcher->check; 1 } or do {
        my $error = $@;
        die $error unless ref $error && $error->isa('AliEn::PoD::Error');
        warn "no look at MonALISA: $error\n" if $error->code == 69;
    };

=head1 DESCRIPTION

As text it is its message, one line; as a number its code; it is always true.

=head1 METHODS

=head2 code

What kind of failure it was, a number of F<sysexits.h>: 64 a wrong argument, 65 wrong data, 66 a file that can't be
read, 69 a service that is away, 70 an error of the library, 71 the system refused a resource, 73 a file that can't be
written, 75 try again later, 77 refused, 78 a wrong setting. Codes may be added.

=head2 message

One line that names what was wrong, where, and what was expected.

=head2 AliEn::PoD::Error->throw($code, $message)

Dies with a new error.

=cut
